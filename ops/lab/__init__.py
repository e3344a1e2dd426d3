"""Lab machines: systemd-nspawn system containers in network namespaces of this host."""
