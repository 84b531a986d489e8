"""Assessment: a person answers items in a sitting, one at a time, under pins that nothing later can move."""
