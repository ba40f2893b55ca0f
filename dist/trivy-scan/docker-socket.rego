# METADATA
# title: 'A container can command the host''s Docker'
# description: 'Who gets into it can start a privileged container, so has the host; a read-only mount does not help.'
# scope: package
# schemas:
# - input: schema["yaml"]
# custom:
#   id: SLIP-0002
#   avd_id: SLIP-0002
#   severity: HIGH
#   short_code: compose-docker-socket
#   recommended_action: 'Remove the mount, or put a proxy between that allows only what is needed.'
#   input:
#     selector:
#     - type: yaml
package slipway.compose.docker_socket

import rego.v1

socket(volume) if {
	is_string(volume)
	contains(split(volume, ":")[0], "docker.sock")
}

socket(volume) if contains(volume.source, "docker.sock")

deny contains found if {
	some name, index
	socket(input.services[name].volumes[index])
	path := json.marshal(["services", name, "volumes", index])
	found := result.new(sprintf("%s\tthe socket of Docker is mounted", [path]), {})
}
