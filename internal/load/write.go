package main

func write() error { _, err := loadReport(); return err }
