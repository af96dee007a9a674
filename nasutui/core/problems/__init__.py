"""What is wrong with a caption."""
