// flannel-cni stands in for the CNI plug-in `flannel`, which is in no module proxy. Like that one
// it only reads what flanneld wrote to /run/flannel/subnet.env and lets `bridge` do the work
// (https://github.com/flannel-io/cni-plugin, README.md). It keeps what it gave `bridge`, because
// a container is taken down with the configuration it was set up with.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	subnetFile = "/run/flannel/subnet.env"
	kept       = "/var/lib/cni/flannel"
)

func main() {
	if os.Getenv("CNI_COMMAND") == "VERSION" {
		fmt.Println(`{"cniVersion":"1.0.0","supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0"]}`)
		return
	}
	if err := run(); err != nil {
		text, _ := json.Marshal(map[string]any{"cniVersion": "1.0.0", "code": 100, "msg": err.Error()})
		fmt.Println(string(text))
		os.Exit(1)
	}
}

func run() error {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	var conf struct {
		Name       string         `json:"name"`
		CNIVersion string         `json:"cniVersion"`
		Delegate   map[string]any `json:"delegate"`
	}
	if err := json.Unmarshal(input, &conf); err != nil {
		return err
	}
	path := filepath.Join(kept, filepath.Base(os.Getenv("CNI_CONTAINERID")))
	var bridge []byte
	if os.Getenv("CNI_COMMAND") == "ADD" {
		if bridge, err = configuration(conf.Name, conf.CNIVersion, conf.Delegate); err != nil {
			return err
		}
		if err := os.MkdirAll(kept, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, bridge, 0o600); err != nil {
			return err
		}
	} else {
		if bridge, err = os.ReadFile(path); os.IsNotExist(err) {
			return nil
		} else if err != nil {
			return err
		}
	}
	if err := delegate(bridge); err != nil {
		return err
	}
	if os.Getenv("CNI_COMMAND") == "DEL" {
		return os.Remove(path)
	}
	return nil
}

// configuration is what `bridge` gets: the delegate's own keys, and what the subnet decides.
func configuration(name, version string, own map[string]any) ([]byte, error) {
	subnet, err := os.ReadFile(subnetFile)
	if err != nil {
		return nil, fmt.Errorf("loadFlannelSubnetEnv failed: %w", err)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(subnet)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[key] = value
		}
	}
	mtu, err := strconv.Atoi(values["FLANNEL_MTU"])
	if err != nil {
		return nil, fmt.Errorf("%s has no FLANNEL_MTU: %w", subnetFile, err)
	}
	// It names the node's own address in the subnet, which is that of the bridge.
	prefix, err := netip.ParsePrefix(values["FLANNEL_SUBNET"])
	if err != nil {
		return nil, fmt.Errorf("%s has no FLANNEL_SUBNET: %w", subnetFile, err)
	}
	conf := map[string]any{
		"name": name, "cniVersion": version, "type": "bridge", "mtu": mtu,
		"ipMasq": values["FLANNEL_IPMASQ"] != "true", "isGateway": true,
		"ipam": map[string]any{
			"type":   "host-local",
			"ranges": [][]map[string]string{{{"subnet": prefix.Masked().String()}}},
			"routes": []map[string]string{{"dst": values["FLANNEL_NETWORK"]}},
		},
	}
	for key, value := range own {
		conf[key] = value
	}
	return json.Marshal(conf)
}

func delegate(conf []byte) error {
	for _, folder := range filepath.SplitList(os.Getenv("CNI_PATH")) {
		plugin := filepath.Join(folder, "bridge")
		if _, err := os.Stat(plugin); err != nil {
			continue
		}
		command := exec.Command(plugin)
		command.Stdin = bytes.NewReader(conf)
		command.Stdout, command.Stderr = os.Stdout, os.Stderr
		if err := command.Run(); err != nil {
			// It has told its error in the words of CNI already.
			os.Exit(1)
		}
		return nil
	}
	return fmt.Errorf("no plug-in bridge in %s", os.Getenv("CNI_PATH"))
}
