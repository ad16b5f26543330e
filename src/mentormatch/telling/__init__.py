"""Results told to people: tables, workbooks, pages, letters and calendars."""
