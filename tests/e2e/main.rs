//! End-to-end tests: what a stock Envoy with the module does to real requests.
