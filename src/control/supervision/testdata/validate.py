import json
import sys

spec = json.load(open(sys.argv[1]))
if "title" not in spec:
    print(json.dumps({"finding": {"path": "/untitled", "message": "a spec needs a title, or no section 'untitled'"}}))
    sys.exit(1)
