module northstar.example

go 1.21
