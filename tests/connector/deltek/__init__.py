"""Tests of the Vantagepoint client."""
