# METADATA
# title: 'A container has a capability that gives it the host'
# description: 'ALL, SYS_ADMIN, SYS_MODULE, SYS_PTRACE and DAC_READ_SEARCH are ways out of a container.'
# scope: package
# schemas:
# - input: schema["yaml"]
# custom:
#   id: SLIP-0004
#   avd_id: SLIP-0004
#   severity: HIGH
#   short_code: compose-capabilities
#   recommended_action: 'Remove it from "cap_add", or name the one capability that is needed.'
#   input:
#     selector:
#     - type: yaml
package slipway.compose.capabilities

import rego.v1

deny contains found if {
	some name, index
	capability := upper(trim_prefix(upper(input.services[name].cap_add[index]), "CAP_"))
	capability in {"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "DAC_READ_SEARCH"}
	path := json.marshal(["services", name, "cap_add", index])
	found := result.new(sprintf("%s\tthe container is given %s", [path, capability]), {})
}
