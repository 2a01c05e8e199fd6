// Command makejar writes a small JAR that runs, on a machine without a JDK: a manifest, and one class whose main method
// prints a line. It is the same to the byte whenever it is made, so a second quickstart has nothing to upload.
//
//	go run ./examples/quickstart/makejar quickstart-job.jar && java -jar quickstart-job.jar
package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"
)

const (
	mainClass = "com.example.QuickstartJob"
	greeting  = "A Flink job would start here."
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: makejar <file>")
	}
	var jar bytes.Buffer
	if err := write(&jar); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(os.Args[1], jar.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

func write(w io.Writer) error {
	archive := zip.NewWriter(w)
	for _, entry := range []struct {
		name    string
		content []byte
	}{
		{"META-INF/MANIFEST.MF", manifest()}, // readers look for it at the beginning
		{strings.ReplaceAll(mainClass, ".", "/") + ".class", class()},
	} {
		// One fixed time, the earliest that a ZIP can hold, instead of now.
		file, err := archive.CreateHeader(&zip.FileHeader{
			Name:     entry.name,
			Method:   zip.Store,
			Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
		})
		if err != nil {
			return fmt.Errorf("adding %s: %w", entry.name, err)
		}
		if _, err := file.Write(entry.content); err != nil {
			return fmt.Errorf("writing %s: %w", entry.name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("finishing the archive: %w", err)
	}
	return nil
}

func manifest() []byte {
	return []byte("Manifest-Version: 1.0\r\nMain-Class: " + mainClass + "\r\nCreated-By: makejar\r\n\r\n")
}

// class is what javac makes of
//
//	package com.example;
//	public class QuickstartJob {
//	    public static void main(String[] args) { System.out.println("…"); }
//	}
//
// The layout is chapter 4 of the Java Virtual Machine Specification.
func class() []byte {
	var pool constants
	this := pool.class(strings.ReplaceAll(mainClass, ".", "/"))
	object := pool.class("java/lang/Object")
	out := pool.member(fieldref, "java/lang/System", "out", "Ljava/io/PrintStream;")
	printLine := pool.member(methodref, "java/io/PrintStream", "println", "(Ljava/lang/String;)V")
	text := pool.reference(stringref, pool.utf8(greeting))
	mainName := pool.utf8("main")
	mainType := pool.utf8("([Ljava/lang/String;)V")
	codeName := pool.utf8("Code")

	var body code
	body.op(0xb2, out)       // getstatic
	body.op(0x13, text)      // ldc_w
	body.op(0xb6, printLine) // invokevirtual
	body.op(0xb1)            // return

	var attribute code
	attribute.u16(2, 1) // operands on the stack at most, local variables
	attribute.u32(len(body))
	attribute = append(attribute, body...)
	attribute.u16(0, 0) // exception handlers, attributes

	const (
		public, static, super = 0x0001, 0x0008, 0x0020
		java8                 = 52
	)
	file := code{0xca, 0xfe, 0xba, 0xbe}
	file.u16(0, java8, pool.count+1)
	file = append(file, pool.bytes...)
	file.u16(public|super, this, object, 0, 0)        // no interfaces, no fields
	file.u16(1, public|static, mainName, mainType, 1) // one method, which has one attribute
	file.u16(codeName)
	file.u32(len(attribute))
	file = append(file, attribute...)
	file.u16(0) // no attributes of the class
	return file
}

// Tags of the constant pool.
const (
	utf8text    = 1
	classref    = 7
	stringref   = 8
	fieldref    = 9
	methodref   = 10
	nameAndType = 12
)

// constants is a constant pool in the making. Its methods return an entry's index, the first of which is 1.
type constants struct {
	bytes code
	count uint16
}

func (c *constants) utf8(text string) uint16 {
	c.bytes = append(c.bytes, utf8text)
	c.bytes.u16(uint16(len(text))) //nolint:gosec // short constants of this file
	c.bytes = append(c.bytes, text...)
	c.count++
	return c.count
}

func (c *constants) reference(tag byte, indices ...uint16) uint16 {
	c.bytes = append(c.bytes, tag)
	c.bytes.u16(indices...)
	c.count++
	return c.count
}

func (c *constants) class(name string) uint16 { return c.reference(classref, c.utf8(name)) }

func (c *constants) member(tag byte, class, name, descriptor string) uint16 {
	signature := c.reference(nameAndType, c.utf8(name), c.utf8(descriptor))
	return c.reference(tag, c.class(class), signature)
}

// code is a class file's big-endian bytes.
type code []byte

func (c *code) op(instruction byte, operands ...uint16) {
	*c = append(*c, instruction)
	c.u16(operands...)
}

func (c *code) u16(values ...uint16) {
	for _, v := range values {
		*c = binary.BigEndian.AppendUint16(*c, v)
	}
}

func (c *code) u32(length int) {
	*c = binary.BigEndian.AppendUint32(*c, uint32(length)) //nolint:gosec // lengths within a small file
}
