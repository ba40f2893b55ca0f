# METADATA
# title: 'A container shares a namespace of the host'
# description: 'It sees the network, the processes or the memory of everything else on the host.'
# scope: package
# schemas:
# - input: schema["yaml"]
# custom:
#   id: SLIP-0003
#   avd_id: SLIP-0003
#   severity: MEDIUM
#   short_code: compose-host-namespace
#   recommended_action: 'Remove it; publish ports instead of "network_mode: host".'
#   input:
#     selector:
#     - type: yaml
package slipway.compose.host_namespace

import rego.v1

deny contains found if {
	some name
	some key in ["network_mode", "pid", "ipc", "userns_mode"]
	input.services[name][key] == "host"
	path := json.marshal(["services", name, key])
	found := result.new(sprintf("%s\t%s is that of the host", [path, key]), {})
}
