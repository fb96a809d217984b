"""The edge agent: enrols a node, pulls signed bundles, loads them into the engine and reports. No Django here."""

VERSION = "0.1.0"
