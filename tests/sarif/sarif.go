// Package sarif names the module that brings the schema; nothing of it is built.
package sarif

import _ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
