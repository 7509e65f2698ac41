"""The rota as the console shows it: what the API answers, and how it reads."""
