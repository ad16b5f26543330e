"""The made-up cohorts and the measuring behind ``mentormatch bench``: quality first, then speed."""
