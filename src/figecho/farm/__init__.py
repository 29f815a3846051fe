"""Who does the work: this process, workers beside it, or a cluster; what comes out is the same."""
