"""Measurements that checks take: sampling frequencies, learned parameters, parameter names."""
