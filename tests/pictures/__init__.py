"""The pictures: what they hold, what they say in words, and what they answer to a wrong shape."""
