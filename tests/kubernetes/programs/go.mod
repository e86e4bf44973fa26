module pontoon.example/programs

go 1.26.0
