"""Celery's side: the application, and thin tasks by queue. No business rule lives here."""
