"""From a wanted change to requests, and from requests to recorded exchanges."""
