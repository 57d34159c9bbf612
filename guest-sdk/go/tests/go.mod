module fermatatests

go 1.25

require fermata v0.0.0

replace fermata => ../sdk
