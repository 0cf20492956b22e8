"""ml-connector joins Deltek Vantagepoint and Stripe; everything about the package stands in setup.cfg."""

from setuptools import setup

setup()
