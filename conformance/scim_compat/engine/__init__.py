"""Scenarios played: wanted changes become requests, requests become recorded exchanges. It judges nothing."""
