"""What a tenant is: the file that describes it, its checks, and the secrets it has."""
