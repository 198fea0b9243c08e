"""What is done to movements: opened, settled, their steps done, assigned, decided; what time alone does."""
