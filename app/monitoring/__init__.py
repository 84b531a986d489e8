"""What is watched while a norm is in force, and the alarms that people close."""
