"""Who people are: joining, signing in without a password, the second factor of staff, consents and roles."""
