"""The smallest Django project that django-scim2 serves: users, groups, one URL, one bearer token."""
