"""Sentences that deny, or state, as a whole: what no word of one clause shows.

(text, head, tail, assertion, relation).
"""

from __future__ import annotations

Row = tuple[str, str, str, str, str]

# What began late, or was done after something was refused, is stated.
STATED: tuple[Row, ...] = (
    ("The museum did not open until 1999.", "museum", "1999", "stated", "inception"),
    ("The ferry did not reach Bergen till the spring.", "ferry", "Bergen", "stated", "destination"),
    ("Ida Moe did not join Nordvik until 2012.", "Ida Moe", "Nordvik", "stated", "employer"),
    ("He never saw Tromso until his wedding.", "He", "Tromso", "stated", "place visited"),
    ("The line was not extended to Hamar until 1931.", "line", "Hamar", "stated", "terminus"),
    ("Ida Moe did not join Nordvik.", "Ida Moe", "Nordvik", "negated", "employer"),
    ("该馆直到1999年才对外开放。", "该馆", "1999年", "stated", "开放时间"),
    ("王刚拒绝加薪后加入了华新公司。", "王刚", "华新公司", "stated", "任职单位"),
    ("他取消休假后返回北京。", "他", "北京", "stated", "所在地"),
    ("公司缺乏资金时向江南银行借款。", "公司", "江南银行", "stated", "贷款方"),
    ("李娜未获批准前借调到宁波。", "李娜", "宁波", "stated", "工作地"),
    ("陈明落选以后移居昆明。", "陈明", "昆明", "stated", "居住地"),
    ("王刚没有在退休后回到上海。", "王刚", "上海", "negated", "居住地"),
    ("周婷打算明年到柏林工作，目前住在成都。", "周婷", "成都", "stated", "现居地"),
    ("周婷打算明年到柏林工作，目前住在成都。", "周婷", "柏林", "planned", "工作地"),
    ("Ida Moe plans to move to Hamar, and currently lives in Oslo.", "Ida Moe", "Oslo", "stated",
     "residence"),
    ("Had Bell stayed in Turin, he would be mayor; he moved to Oslo in 1998.", "Bell", "Oslo",
     "stated", "residence"),
    ("Had Bell stayed in Turin, he would be mayor of Asti; he left.", "Bell", "Asti", "uncertain",
     "office"),
    ("王刚没有在战后回到上海。", "王刚", "上海", "negated", "居住地"),
)  # fmt: skip

# What would have been.
SUPPOSED: tuple[Row, ...] = (
    ("若非大雨，比赛早已在杭州举行。", "比赛", "杭州", "negated", "地点"),
    ("要不是经费不足，新馆已在宁波建成。", "新馆", "宁波", "negated", "地点"),
    ("若非李华资助，阳光小学不会建成。", "李华", "阳光小学", "stated", "资助"),
    (
        "But for the strike, Nordvik would have moved to Hamar.",
        "Nordvik",
        "Hamar",
        "negated",
        "location",
    ),
    (
        "Had it not been for the war, the opera would have been given in Oslo.",
        "opera",
        "Oslo",
        "negated",
        "location",
    ),
    (
        "But for Ida Moe, Nordvik would not have moved to Hamar.",
        "Nordvik",
        "Hamar",
        "stated",
        "location",
    ),
    (
        "Without Ida Moe, the firm Nordvik would be led by Karl Abt.",
        "Nordvik",
        "Karl Abt",
        "negated",
        "chief executive",
    ),
    (
        "Without the grant, Nordvik could not have moved to Hamar.",
        "Nordvik",
        "Hamar",
        "stated",
        "location",
    ),
    ("Without much ado, Nordvik moved to Hamar.", "Nordvik", "Hamar", "stated", "location"),
    ("没有李华，华新公司早就由王刚领导了。", "华新公司", "王刚", "negated", "负责人"),
    ("没有李华，华新公司就不会迁到宁波。", "华新公司", "宁波", "stated", "所在地"),
    ("没有休息，华新公司就迁到了宁波。", "华新公司", "宁波", "stated", "所在地"),
)

# Both ends behind the verb: what is planned or denied is the relation that the verb names.
OBJECTS: tuple[Row, ...] = (
    ("公司拟收购海天食品51%股权。", "海天食品", "51%", "planned", "收购比例"),
    ("公司没有收购海天食品51%股权。", "海天食品", "51%", "negated", "收购比例"),
    ("公司拟收购总部位于宁波的海天食品。", "海天食品", "宁波", "stated", "总部"),
    ("公司没有公布海天食品51%股权的收购价。", "海天食品", "51%", "stated", "持股比例"),
    ("Nordvik will acquire Skarv's yard in Hamar.", "Skarv", "yard in Hamar", "planned",
     "acquired asset"),
    ("Nordvik did not acquire Skarv's yard in Hamar.", "Skarv's yard", "Hamar", "stated",
     "location"),
)  # fmt: skip

# None of a group, even that one; and questions that doubt.
GROUPS_AND_QUESTIONS: tuple[Row, ...] = (
    ("None of the founders, including Ida, has a degree from Lund.", "Ida", "Lund", "negated",
     "educated at"),
    ("None of the yards, not even Nordvik, has built a ship for Chile.", "Nordvik", "Chile",
     "negated", "customer"),
    ("He came from Falun and not, as Peters thought in 1932, from Hamar.", "He", "Hamar", "negated",
     "place of birth"),
    ("Rather than sell the yard at Hamar, Ida Moe leased it.", "yard", "Ida Moe", "negated",
     "sold"),
    ("Who says Ida Moe founded Nordvik?", "Ida Moe", "Nordvik", "uncertain", "founded by"),
    ("Since when is Ida Moe the head of Nordvik?", "Ida Moe", "Nordvik", "uncertain", "head"),
    ("How could Ida Moe have founded Nordvik?", "Ida Moe", "Nordvik", "uncertain", "founder"),
    ("Ida Moe was said to own Nordvik.", "Ida Moe", "Nordvik", "uncertain", "owner"),
    ("It was said that Ida Moe owned Nordvik.", "Ida Moe", "Nordvik", "uncertain", "owner"),
    ("Nordvik was reported to have bought Skarv.", "Nordvik", "Skarv", "uncertain", "acquired"),
    ("难道王刚是华新公司的老板？", "王刚", "华新公司", "negated", "职务"),
    ("王刚怎么可能是华新公司的老板？", "王刚", "华新公司", "negated", "职务"),
    ("谁说王刚是华新公司的老板？", "王刚", "华新公司", "uncertain", "职务"),
)  # fmt: skip

# What came to nothing: the outcome is denied, not who wanted it.
UNDONE: tuple[Row, ...] = (
    ("The deal for Nordvik to buy Skarv fell through in May.", "Nordvik", "Skarv", "negated",
     "acquired"),
    ("Nordvik agreed to buy Skarv in 2019, but the deal collapsed.", "Nordvik", "Skarv", "negated",
     "acquired"),
    ("The merger of Nordvik and Skarv was called off.", "Nordvik", "Skarv", "negated",
     "merged with"),
    ("Nordvik and Skarv called off their merger.", "Nordvik", "Skarv", "negated", "merged with"),
    ("Nordvik planned to acquire Skarv, but the takeover was blocked by the state.", "Nordvik",
     "Skarv", "negated", "acquired"),
    ("The board of Skarv rejected a bid from Nordvik.", "Skarv", "Nordvik", "negated", "buyer"),
    ("The board of Skarv rejected a bid from Nordvik.", "Skarv", "Nordvik", "stated", "bidder"),
    ("The bid of Nordvik for the Danish firm Skarv failed.", "Skarv", "Danish", "stated",
     "nationality"),
    ("华新公司收购绿洲医药的计划告吹。", "华新公司", "绿洲医药", "negated", "收购"),
    ("华新公司曾拟收购绿洲医药，但交易最终搁浅。", "华新公司", "绿洲医药", "negated", "收购"),
    ("华新公司与绿洲医药的合并谈判去年落空。", "华新公司", "绿洲医药", "negated", "合并"),
    ("华新公司原计划收购绿洲医药，后因资金不足而作罢。", "华新公司", "绿洲医药", "negated", "收购"),
    ("华新公司与绿洲医药昨日宣布终止合并谈判。", "华新公司", "绿洲医药", "negated", "合并对象"),
    ("货轮在泰州搁浅。", "货轮", "泰州", "stated", "地点"),
)  # fmt: skip

# What is said and taken back, and denials in a clause that names the relation.
TAKEN_BACK: tuple[Row, ...] = (
    ("很多人以为这座桥是沈括设计的，其实设计者是他的学生。", "桥", "沈括", "negated", "设计者"),
    ("有媒体称大剧院要并入文化馆，馆方说没有这回事。", "大剧院", "文化馆", "negated", "并入"),
    ("网传绿洲医药收购了华新公司，消息不实。", "绿洲医药", "华新公司", "uncertain", "收购"),
    ("It was once explained as peat water, but this is now rejected.", "It", "peat water",
     "negated", "named after"),
    ("The committee also considered Ida Moe but did not interview her.", "committee", "Ida Moe",
     "negated", "interviewed"),
    ("The school at Hamar has walls that were never rebuilt.", "school", "walls", "negated",
     "rebuilt part"),
    ("Ida Moe founded Nordvik in 2012, but did not marry.", "Ida Moe", "Nordvik", "stated",
     "founder"),
    ("次子薛山到青岛开店，没有成家。", "薛山", "青岛", "stated", "居住地"),
)  # fmt: skip

# Who is to do something.
TO_COME: tuple[Row, ...] = (
    ("大桥将由中铁建造。", "大桥", "中铁", "planned", "承建方"),
    ("明年将由王刚出任华新公司总经理。", "王刚", "总经理", "planned", "职务"),
    ("下届大会将由杭州承办。", "大会", "杭州", "planned", "承办地"),
    ("届时将由中铁公司承建东江大桥。", "中铁公司", "东江大桥", "planned", "承建"),
    ("明年还将在宁波新建码头。", "宁波", "码头", "planned", "设施"),
)

WHOLE = (*STATED, *SUPPOSED, *OBJECTS, *GROUPS_AND_QUESTIONS, *UNDONE, *TAKEN_BACK, *TO_COME)
