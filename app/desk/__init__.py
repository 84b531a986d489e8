"""The desk of people who work on the content: what they see of items, and what they do with them."""
