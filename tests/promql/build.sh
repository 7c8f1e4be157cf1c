#!/bin/sh
# Builds the judge of histograms and prints the program's path.

here=$(dirname "$0")
. "$here/../go.sh"
go_program "$here" promql
