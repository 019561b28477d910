"""What is published: distributions, the container, the release, the files around them."""
