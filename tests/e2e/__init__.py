"""The whole fleet, as a person runs it: real processes, real sockets, the embedded exchange. All marked e2e."""
