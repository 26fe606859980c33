"""Measurements that checks take: sampling frequencies, which parameters learn, parameter names."""
