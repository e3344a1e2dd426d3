module sitewright.invalid/bundle/pause

go 1.26
