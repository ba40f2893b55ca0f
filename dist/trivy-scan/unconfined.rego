# METADATA
# title: 'A container runs without seccomp or AppArmor'
# description: 'The kernel then takes every system call from it.'
# scope: package
# schemas:
# - input: schema["yaml"]
# custom:
#   id: SLIP-0005
#   avd_id: SLIP-0005
#   severity: MEDIUM
#   short_code: compose-unconfined
#   recommended_action: 'Remove the option, or name a profile of your own.'
#   input:
#     selector:
#     - type: yaml
package slipway.compose.unconfined

import rego.v1

deny contains found if {
	some name, index
	option := input.services[name].security_opt[index]
	regex.match(`^(seccomp|apparmor|systempaths)[:=]unconfined$`, option)
	path := json.marshal(["services", name, "security_opt", index])
	found := result.new(sprintf("%s\t%s", [path, option]), {})
}
