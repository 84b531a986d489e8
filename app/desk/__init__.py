"""The desk of people who work on content: what they see of items and of founding, and what they do with them."""
