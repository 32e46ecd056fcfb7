"""The rules, by subject. Each module registers its checks; ``judge`` runs them on an exchange."""
