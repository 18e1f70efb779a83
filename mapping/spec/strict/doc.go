// Package strict reads configuration documents, written in YAML, into Go
// structs and refuses whatever it does not understand, with line and column.
// From the same structs it makes a JSON Schema and prints a value back.
//
// Start with [Decode]. A document type is a struct whose fields have tags:
//
//	yaml:"name"      the key; a field without it is no part of the document
//	doc:"sentence"   description in the JSON Schema
//	enum:"a,b"       the only texts that the field, or each of its elements, may hold
//	required:"true"  the key must be there
//	default:"text"   the scalar that a missing key stands for
//
// Fields may be structs, pointers, maps with string keys, slices, strings, ints,
// float64s, bools, [time.Duration] (written "10s"), any (whatever JSON can hold),
// types that read themselves from one scalar ([ScalarUnmarshaler]) or from a list
// of them ([ListUnmarshaler]), and structs that have a short form ([Shorthand]).
// Any other type is a mistake of the program, not of the document, and panics.
//
// A struct that is optional and has required fields belongs behind a pointer, so
// that its absence can be told and printed.
//
// Scalars have the types of YAML 1.2's core schema: yes is a string, 010 is ten.
// Of YAML, one document of plain maps, lists and scalars is accepted; anchors,
// aliases, merge keys and tags are not.
package strict
