"""Home: pages for people that read several contexts: the front page, the skills, a candidate's own place."""
