"""Everything seen before, in one folder, and a new paper held against it."""
