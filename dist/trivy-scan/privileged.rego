# METADATA
# title: 'A container runs privileged'
# description: 'It has every capability and every device of the host: who gets into it has the host.'
# scope: package
# schemas:
# - input: schema["yaml"]
# custom:
#   id: SLIP-0001
#   avd_id: SLIP-0001
#   severity: HIGH
#   short_code: compose-privileged
#   recommended_action: 'Remove "privileged", and give "cap_add" or "devices" what is really needed.'
#   input:
#     selector:
#     - type: yaml
package slipway.compose.privileged

import rego.v1

deny contains found if {
	some name
	input.services[name].privileged == true
	path := json.marshal(["services", name, "privileged"])
	found := result.new(sprintf("%s\tthe container runs privileged", [path]), {})
}
