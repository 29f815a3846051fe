"""What was worked out once, kept between runs and shared with workers: known by content."""
