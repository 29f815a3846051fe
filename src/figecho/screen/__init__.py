"""What is not worth comparing? Panels to set aside, and pixels to leave out."""
