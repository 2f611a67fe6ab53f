// Copies an image from a registry into a folder, when a policy.json lets it in: the way that podman, CRI-O and skopeo take.
// Distributions ship those without what reads cosign's signatures.
//
//	policy-pull POLICY REGISTRIES_D IMAGE FOLDER [all]
package main

import (
	"context"
	"fmt"
	"os"

	"go.podman.io/image/v5/copy"
	"go.podman.io/image/v5/directory"
	"go.podman.io/image/v5/docker"
	"go.podman.io/image/v5/signature"
	"go.podman.io/image/v5/types"
)

func main() {
	if err := pull(os.Args[1], os.Args[2], os.Args[3], os.Args[4], len(os.Args) > 5); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func pull(policyFile, registries, image, folder string, all bool) error {
	policy, err := signature.NewPolicyFromFile(policyFile)
	if err != nil {
		return err
	}
	policyContext, err := signature.NewPolicyContext(policy)
	if err != nil {
		return err
	}
	source, err := docker.ParseReference("//" + image)
	if err != nil {
		return err
	}
	destination, err := directory.NewReference(folder)
	if err != nil {
		return err
	}
	options := &copy.Options{
		RemoveSignatures: true,
		SourceCtx: &types.SystemContext{
			RegistriesDirPath:           registries,
			DockerInsecureSkipTLSVerify: types.OptionalBoolTrue,
			OSChoice:                    "linux",
			ArchitectureChoice:          "amd64",
		},
	}
	if all {
		options.ImageListSelection = copy.CopyAllImages
	}
	_, err = copy.Image(context.Background(), policyContext, destination, source, options)
	return err
}
