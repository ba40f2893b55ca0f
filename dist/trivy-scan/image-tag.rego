# METADATA
# title: 'An image is named without a version'
# description: 'What runs changes by itself, and cannot be put back.'
# scope: package
# schemas:
# - input: schema["yaml"]
# custom:
#   id: SLIP-0006
#   avd_id: SLIP-0006
#   severity: LOW
#   short_code: compose-image-tag
#   recommended_action: 'Name a version, or better a digest.'
#   input:
#     selector:
#     - type: yaml
package slipway.compose.image_tag

import rego.v1

unpinned(image) if {
	not contains(image, "@")
	not contains(image, "$")
	regex.match(`(^[^:]+|/[^:/]+|:latest)$`, image)
}

deny contains found if {
	some name
	unpinned(input.services[name].image)
	not input.services[name].build
	path := json.marshal(["services", name, "image"])
	found := result.new(sprintf("%s\tthe image %s has no version", [path, input.services[name].image]), {})
}
