"""What states have in common, so that none of them pays for it: a preset dictionary of zlib's.

A state of a kilobyte is too short for the compressor to learn our keys from it, and DynamoDB bills by the kilobyte:
with the dictionary a customer in the middle of a journey is a fifth smaller, and one unit instead of two. A compressed
state names its dictionary by checksum, and one that was written before there was any names none, so both are read
alike. A dictionary can never change: the states that were written with it could not be read any more.
https://www.rfc-editor.org/rfc/rfc1950#section-2.3
"""

STATES = (
    # What few states have comes first and what all have last, where the compressor reaches it in the fewest bits.
    b'"timezone":"Asia/Seoul","Europe/London","America/New_York","locale":"ko-KR","en-US","country":"KR","tier":"vip",'
    b'"holdout""converted""cancelled":"completed","bounced","complained","opened","clicked","machine","delivered",'
    b'"not_sent","r":"frequency cap","k":"held","r":"quiet hours","no consent","no address","expired","unknown",'
    b'"k":"goal","k":"ignored","k":"planned","k":"skipped","r":"goal or exit came first","transactional","sms","push",'
    b'"web","kakao","o":"hold","y":["booking","service":"status":"confirmed","order_id":"product_id":"category":'
    b'"e":[{"k":"booking","i":"","s":17,"e":17,"p":{},"o":17,"x":true,"u":17,"f":["'
    b'"l":{"timeline-1":{"d":17,"s":"done"},"reminder-1":{"d":17,"s":"planned"}},"y":["booking",""],"o":17'
    b'"k":{"":{"s":17,"t":[17,17]}},"z":{"":{"":17}},"w":17,"[["email","marketing",false,17,"preferences"],'
    b'["sms","marketing",true,17,"shopify"],["email","marketing",true,17,"track"]],'
    b'{"i":"","a":17,"t":{"tt":{},"r":{"email":true,"sms":true},"rt":{"email":17,"sms":17},"c":[["email",'
    b'"n":[{"i":"","j":"cart-rescue","v":1,"s":"","a":17,"r":17,"p":{"cart_id":"","total":,"currency":"KRW"},"c":"",'
    b'"n":"wait-1","d":17,"w":{"coupon-1":1},"h":"","q":true,"k":true,"g":17,"e":17,"t":[""]}],'
    b'"m":[{"i":"","e":"","j":"","v":1,"s":"-1","b":"","t":"","c":"email","m":true,"d":17,"x":17,"a":"asked","k":17,'
    b'"n":1,"w":1,"g":""}],"d":{"":{"":17}},"s":[["email",17,""]],"h":{"":17,"":17},'
    b'"q":{"arn:aws:sqs:us-east-1:arn:aws:sqs:eu-west-1:arn:aws:sqs:ap-northeast-2:kairos-prod-walk-inbox.fifo":"'
    b'kairos-prod-inbox.fifo":"188"},"w":17,"l":[{"a":17,"p":"","k":"entered","j":"","v":1,"b":""},'
    b'{"a":17,"p":"","k":"message","j":"","v":1,"s":"-1","b":"","c":"email","t":"","d":17,"m":""},'
    b'{"a":17,"p":"","k":"exited","r":"finished","j":"","v":1,"b":""}],"p":{"":{"j":"","v":1,"s":"-1","c":"email",'
    b'"a":17,"t":3}},"b":{"":{"v":,"r":"","a":17,"l":[{"a":17,"p":"","k":"sent","j":"","v":1,"s":"","c":"email","m":""}]}}}'
)
