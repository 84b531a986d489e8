"""Tests mirror app/ and scoring/; journeys/ holds the two flows of docs/flows.md end to end."""
