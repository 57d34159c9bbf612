module fermata

go 1.25
