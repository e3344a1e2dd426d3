package main

import (
	"context"

	genericapiserver "k8s.io/apiserver/pkg/server"
)

// rootContext ends at the first SIGTERM or SIGINT, as the kubelet's own main does.
func rootContext() context.Context { return genericapiserver.SetupSignalContext() }
