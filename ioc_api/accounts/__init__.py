"""Who may use the API: people with passwords, machines and screens with tokens."""
