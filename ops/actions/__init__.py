"""One verb a file: what people and Pulumi ask sitewright to do."""
